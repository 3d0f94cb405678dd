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

/** What a boot's program is drawn from. */
interface Choices {
  readonly weights: Weights;
  /** Steps at most. */
  readonly most: number;
  readonly reuse: boolean;
  /** Processes older than the log, and events before and after it. */
  readonly partial: boolean;
  readonly enriched: boolean;
  /** Makes one boot after another of a boot's plan. */
  readonly boots: (boot: fc.Arbitrary<BootPlan>) => fc.Arbitrary<BootPlan[]>;
}

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

function opsOf({ weights, most }: Choices): fc.Arbitrary<Op[]> {
  const kinds = Object.entries(weights) as [OpKind, number][];
  const kind = fc.oneof(
    { withCrossShrink: true },
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

/** How much of what happened the log has. */
interface Extent {
  readonly older: fc.Arbitrary<number[]>;
  readonly drain: fc.Arbitrary<boolean>;
  readonly skip: fc.Arbitrary<number>;
}

const PARTIAL: Extent = {
  older,
  drain: fc.boolean(),
  skip: fc.oneof({ weight: 7, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
};
const WHOLE: Extent = {
  older: fc.constant([]),
  drain: fc.constant(true),
  skip: fc.constant(0),
};

function bootOf(choices: Choices): fc.Arbitrary<BootPlan> {
  const extent = choices.partial ? PARTIAL : WHOLE;
  return fc
    .record({
      space: choices.reuse ? smallSpace : wideSpace,
      firstSerial: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200_000 })),
      startMs: fc.integer({ min: 0, max: 3_600_000 }),
      tick: fc.constantFrom(4, 4, 1, 10),
      older: extent.older,
      ops: opsOf(choices),
      drain: extent.drain,
      skip: extent.skip,
    })
    .map(({ space, startMs, ...rest }) => Object.assign(rest, space, { startMs: EPOCH + startMs }));
}

function hostOf(choices: Choices): fc.Arbitrary<HostPlan> {
  const boots = choices.boots(bootOf(choices));
  return fc.record({ enriched: choices.enriched ? fc.boolean() : fc.constant(false), boots });
}

const once = (boot: fc.Arbitrary<BootPlan>): fc.Arbitrary<BootPlan[]> => fc.tuple(boot);

function nowAndThenTwice(boot: fc.Arbitrary<BootPlan>): fc.Arbitrary<BootPlan[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.tuple(boot) },
    { weight: 1, arbitrary: fc.tuple(boot, boot).map(reboot) },
  );
}

/** Shrinks to either of the two. */
function onceOrTwice(boot: fc.Arbitrary<BootPlan>): fc.Arbitrary<BootPlan[]> {
  return someOf(boot, 2).map((boots) => (boots.length === 1 ? boots : reboot(boots)));
}

/** One or more. An array that may be empty shrinks to any of its items, one with a minimum does not. */
function someOf<T>(one: fc.Arbitrary<T>, most: number): fc.Arbitrary<T[]> {
  return fc.array(one, { maxLength: most, size: 'max' }).filter(({ length }) => length > 0);
}

const REBOOT_MS = 4_000_000;

/** Two boots of one host: serials start again, the clock goes on. */
function reboot([first, second]: readonly BootPlan[]): BootPlan[] {
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

/** Programs of a profile, in which everything may be cut off and enriched. */
export function programs(profile: Profile, { most }: Size): fc.Arbitrary<Program> {
  const many = MANY_HOSTS.has(profile);
  const host = hostOf({
    weights: WEIGHTS[profile],
    most,
    reuse: SMALL.has(profile),
    partial: true,
    enriched: true,
    boots: many ? nowAndThenTwice : once,
  });
  const hosts = many
    ? fc.oneof(
        { weight: 1, arbitrary: fc.tuple(host) },
        { weight: 2, arbitrary: fc.tuple(host, host).map(named) },
      )
    : fc.tuple(host);
  return fc.record({ profile: fc.constant(profile), seed: fc.nat(1_000_000), hosts });
}

/** What takes part in a history beside forks, execs, exits, waits and signals. */
export const FEATURES = [
  'threads',
  'orphans',
  'namespaces',
  'reuse',
  'reboots',
  'enriched',
] as const;

export type Feature = (typeof FEATURES)[number];

const FEATURE_WEIGHTS: Readonly<Partial<Record<Feature, Weights>>> = {
  threads: THREADS,
  orphans: ORPHANS,
  namespaces: NAMESPACES,
  reuse: { burn: 5, hold: 2 },
};

export interface ProgramChoices {
  readonly features: readonly Feature[];
  readonly most: number;
  /** Hosts at most. */
  readonly hosts: number;
  readonly partial: boolean;
}

/** Programs with just these features. */
export function programsWith(choices: ProgramChoices): fc.Arbitrary<Program> {
  const { features, most, partial } = choices;
  const has = (feature: Feature): boolean => features.includes(feature);
  const weights = Object.assign({}, PLAIN, ...features.map((f) => FEATURE_WEIGHTS[f])) as Weights;
  const host = hostOf({
    weights,
    most,
    partial,
    reuse: has('reuse'),
    enriched: has('enriched'),
    boots: has('reboots') ? onceOrTwice : once,
  });
  const hosts = someOf(host, choices.hosts).map((list) => (list.length === 1 ? list : named(list)));
  return fc.record({ seed: fc.nat(1_000_000), hosts });
}

const NAMES = ['alpha', 'beta.example'];

function named(hosts: readonly HostPlan[]): HostPlan[] {
  return hosts.map((host, i) => ({ ...host, node: NAMES[i] ?? `host-${i + 1}` }));
}
