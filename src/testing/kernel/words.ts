/** Programs and arguments: ordinary ones, and those that try to break the reading of records. */

const PROGRAMS = ['/bin/sh', '/usr/bin/true', '/usr/bin/make', '/opt/my app/run', '/usr/bin/cc1'];

const ARGUMENTS = [
  '-c',
  'a b',
  '',
  '"quoted"',
  'pid=1',
  'type=SYSCALL',
  'msg=audit(1.000:1):',
  'a1=x',
  'tab\there',
  'line\nbreak',
  'ünïcødé',
  '日本',
  '\\x41',
  '0041',
  '(null)',
  "it's",
];

const LONG = 'L'.repeat(9000);

export interface Words {
  readonly exe: string;
  readonly args: readonly string[];
}

/** The program and arguments that two genes stand for. */
export function argsFor(x: number, y: number): Words {
  const exe = PROGRAMS[x % PROGRAMS.length];
  const args = [exe];
  let rest = y;
  while (rest > 0 && args.length < 6) {
    args.push(ARGUMENTS[rest % ARGUMENTS.length]);
    rest = Math.floor(rest / ARGUMENTS.length);
  }
  if (y % 97 === 96) args.push(LONG);
  return { exe, args };
}

/** What cannot be executed: path, name of the error, result. */
export const MISSING: readonly (readonly [path: string, errno: string, value: number])[] = [
  ['/no/such', 'ENOENT', -2],
  ['/etc/passwd', 'EACCES', -13],
  ['/no/such file', 'ENOENT', -2],
];
