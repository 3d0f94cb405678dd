/** Random programs, by profile: which features take part, and how often. */
import * as fc from 'fast-check';
import type { BootPlan, HostPlan, Op, OpKind, Profile, Program } from './types.ts';

type Weights = Readonly<Partial<Record<OpKind, number>>>;

const PLAIN: Weights = {
  fork: 4,
  clone: 10,
  vfork: 3,
  exec: 8,
  execFail: 2,
  exitGroup: 6,
  exit: 1,
  wait: 6,
  waitNoHang: 2,
  waitPid: 3,
  kill: 3,
  killMissing: 1,
  crash: 1,
  chdir: 1,
  ignore: 1,
  handle: 1,
  oom: 1,
  burn: 1,
  hold: 1,
  drop: 1,
  login: 1,
  idle: 2,
};

const THREADS: Weights = {
  thread: 5,
  thread3: 5,
  clone3: 4,
  spawn3: 3,
  exit: 6,
  tgkill: 2,
  tkill: 1,
};

const ORPHANS: Weights = { sibling: 4, subreaper: 2, setsid: 2, autoreap: 1, waitid: 2 };

const NAMESPACES: Weights = { newpid: 4, newpid3: 1, unshare: 2, setsid: 2 };

const ALL: Weights = { ...PLAIN, ...THREADS, ...ORPHANS, ...NAMESPACES, sibling3: 2 };

const WEIGHTS: Readonly<Record<Profile, Weights>> = {
  plain: PLAIN,
  reuse: { ...PLAIN, ...ORPHANS, burn: 5, hold: 2 },
  threads: { ...PLAIN, ...THREADS },
  orphans: { ...PLAIN, ...ORPHANS, clone3: 2, sibling3: 2 },
  namespaces: { ...PLAIN, ...ORPHANS, ...NAMESPACES },
  hosts: { ...PLAIN, ...THREADS },
  all: ALL,
};

/** Profiles in which the initial namespace is small enough for numbers to come round. */
const SMALL: ReadonlySet<Profile> = new Set(['reuse', 'all']);
const MANY_HOSTS: ReadonlySet<Profile> = new Set(['hosts', 'all']);

/** Microseconds: mostly short, seldom long. Small values come first, so that shrinking removes time. */
const dt = fc.oneof(
  { weight: 8, arbitrary: fc.nat(60) },
  { weight: 8, arbitrary: fc.nat(900) },
  { weight: 4, arbitrary: fc.nat(9000) },
  { weight: 1, arbitrary: fc.nat(2_000_000) },
);
const lag = fc.oneof(
  { weight: 12, arbitrary: fc.nat(15) },
  { weight: 4, arbitrary: fc.nat(900) },
  { weight: 1, arbitrary: fc.nat(12_000) },
);

function opsOf(profile: Profile, most: number): fc.Arbitrary<Op[]> {
  const kinds = Object.entries(WEIGHTS[profile]) as [OpKind, number][];
  const kind = fc.oneof(
    ...kinds.map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })),
  );
  const gene = fc.nat(100_000);
  const op = fc.record({ kind, who: gene, x: gene, y: gene, dt, pre: lag, post: lag });
  return fc.array(op, { maxLength: most, size: 'max' });
}

const older = fc.oneof(
  { weight: 3, arbitrary: fc.constant<number[]>([]) },
  { weight: 1, arbitrary: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }) },
);

/** Where the allocator starts: early ones also use the numbers that are never used again. */
const smallSpace = fc.record({
  pidMax: fc.integer({ min: 310, max: 345 }),
  cursor: fc.oneof(fc.integer({ min: 290, max: 310 }), fc.integer({ min: 2, max: 40 })),
});
const wideSpace = fc.record({
  pidMax: fc.constantFrom(32_768, 4_194_304),
  cursor: fc.oneof(fc.integer({ min: 2, max: 320 }), fc.integer({ min: 900, max: 32_700 })),
});

const EPOCH = 1_795_000_000_000;

function bootOf(profile: Profile, most: number): fc.Arbitrary<BootPlan> {
  return fc
    .record({
      space: SMALL.has(profile) ? smallSpace : wideSpace,
      firstSerial: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200_000 })),
      startMs: fc.integer({ min: 0, max: 3_600_000 }),
      tick: fc.constantFrom(4, 4, 1, 10),
      older,
      ops: opsOf(profile, most),
      drain: fc.boolean(),
      skip: fc.oneof(
        { weight: 7, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.nat(30) },
      ),
    })
    .map(({ space, startMs, ...rest }) => Object.assign(rest, space, { startMs: EPOCH + startMs }));
}

/** Two boots of one host: serials start again, the clock goes on. */
function hostOf(profile: Profile, most: number): fc.Arbitrary<HostPlan> {
  const boot = bootOf(profile, most);
  const boots = MANY_HOSTS.has(profile)
    ? fc.oneof(
        { weight: 2, arbitrary: fc.tuple(boot) },
        { weight: 1, arbitrary: fc.tuple(boot, boot).map(reboot) },
      )
    : fc.tuple(boot);
  return fc.record({ enriched: fc.boolean(), boots });
}

const REBOOT_MS = 4_000_000;

function reboot([first, second]: [BootPlan, BootPlan]): [BootPlan, BootPlan] {
  const firstSerial = 1 + (second.firstSerial % 20);
  return [
    { ...first, firstSerial: firstSerial + first.firstSerial },
    { ...second, firstSerial, skip: 0, startMs: second.startMs + REBOOT_MS },
  ];
}

export interface Size {
  /** Steps per boot at most. */
  readonly most: number;
}

export function programs(profile: Profile, { most }: Size): fc.Arbitrary<Program> {
  const host = hostOf(profile, most);
  const hosts = MANY_HOSTS.has(profile)
    ? fc.oneof(
        { weight: 1, arbitrary: fc.tuple(host) },
        { weight: 2, arbitrary: fc.tuple(host, host).map(named) },
      )
    : fc.tuple(host);
  return fc.record({ profile: fc.constant(profile), seed: fc.nat(1_000_000), hosts });
}

function named(hosts: readonly HostPlan[]): [HostPlan, HostPlan] {
  return [
    { ...hosts[0], node: 'alpha' },
    { ...hosts[1], node: 'beta.example' },
  ];
}
