/** `godo replay --view` in a terminal of its own: Python's pty module gives one. */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { skipLoudly } from '../support/skip.ts';
import { build, trace } from './godo.ts';

const BIN = join(import.meta.dirname, '../../bin/godo.js');

/**
 * Runs a command on a new terminal of 60 columns and 12 rows. Presses keys when the screen shows
 * what each waits for; prints the state of the terminal before and after, and all that was drawn.
 */
const DRIVER = String.raw`
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time
command, script = json.loads(sys.argv[1]), json.loads(sys.argv[2])
pid, fd = pty.fork()
if pid == 0:
    # Until its parent says that the terminal has its size.
    sys.stdin.readline()
    os.execvp(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 12, 60, 0, 0))
before = termios.tcgetattr(fd)
os.write(fd, b'\n')
drawn = b''
seen = 0
end = time.time() + 40
while time.time() < end:
    if select.select([fd], [], [], 0.05)[0]:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        drawn += part
    if script:
        match = re.search(script[0][0].encode(), drawn[seen:])
        if match:
            seen += match.end()
            for key in script.pop(0)[1:]:
                if key == 'CLOSE':
                    os.close(fd)
                    fd = -1
                elif key.startswith('SIG'):
                    os.kill(pid, getattr(signal, key))
                elif key.startswith('SIZE'):
                    rows, columns = map(int, key[4:].split('x'))
                    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
                else:
                    os.write(fd, key.encode())
    if fd < 0:
        break
after = termios.tcgetattr(fd) if fd >= 0 else before
if time.time() >= end:
    os.kill(pid, signal.SIGKILL)
status = os.waitpid(pid, 0)[1]
print(json.dumps({'status': status, 'drawn': drawn.decode('utf8', 'replace'),
                  'same': before[:4] == after[:4], 'left': len(script)}))
`;

interface Shown {
  /** As wait(2) gives it. */
  readonly status: number;
  readonly drawn: string;
  /** The terminal's modes are as they were. */
  readonly same: boolean;
  /** Steps of the script that did not come. */
  readonly left: number;
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import pty']);
    return true;
  } catch {
    return false;
  }
}

/** `script`: what to wait for on the screen, and the keys to press then. */
async function show(
  args: readonly string[],
  script: readonly (readonly string[])[],
): Promise<Shown> {
  if (!hasPython()) skipLoudly('no python3 with its pty module');
  const command = [process.execPath, BIN, 'replay', '--view', ...args];
  const child = spawn('python3', ['-c', DRIVER, JSON.stringify(command), JSON.stringify(script)]);
  let out = '';
  let error = '';
  child.stdout.on('data', (part: Buffer) => {
    out += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    error += part.toString();
  });
  await new Promise((resolve) => child.on('close', resolve));
  if (error !== '') throw new Error(error);
  return JSON.parse(out) as Shown;
}

/** The pictures, as rows of plain text. */
function pictures({ drawn }: Shown): string[][] {
  const plain = drawn.split('\u001b[H').slice(1);
  return plain.map((text) =>
    text.split(/\r+\n/).map((row) => row.replaceAll(/\u001b\[[?0-9;]*[A-Za-z]/g, '')),
  );
}

beforeAll(build);

test('a tree grows, stops, steps, and leaves the terminal as it was', async () => {
  const shown = await show(
    [trace('build'), '--speed', '0.01'],
    [
      ['plays ×0\\.01', ' '],
      ['paused', '............'],
      ['paused.*of 560ms', ','],
      ['paused', '+'],
      ['×0\\.02', '-', 'l'],
      ['living', 'q'],
    ],
  );
  expect(shown).toMatchObject({ status: 0, same: true, left: 0 });
  expect(shown.drawn).toContain('\u001b[?1049h');
  expect(shown.drawn).toContain('\u001b[?25l');
  expect(shown.drawn.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  const all = pictures(shown);
  for (const rows of all) {
    expect(rows).toHaveLength(12);
    for (const row of rows) expect(Array.from(row).length).toBeLessThanOrEqual(60);
  }
  const counts = all.map((rows) => Number(/–\d+ of (\d+)/.exec(rows.at(-1) ?? '')?.[1]));
  expect(Math.min(...counts)).toBe(1);
  expect(Math.max(...counts)).toBeGreaterThan(2);
});

test('to the end, then other sizes, rows and a signal', async () => {
  const shown = await show(
    [trace('build'), '--speed', 'max'],
    [
      ['end ×1', '\u001b[A', '\u001b[6~', 'f', 'SIZE20x100'],
      ['space pause', 'SIZE1x5'],
      ['end …', 'SIZE12x60'],
      ['end ×1', 'SIGTERM'],
    ],
  );
  expect(shown).toMatchObject({ status: 15, same: true, left: 0 });
  expect(shown.drawn.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  const last = pictures(shown).findLast((rows) => rows.length === 20) ?? [];
  expect(last.at(-1)).toContain('of 108');
  expect(last.filter((row) => row.includes('exit 0')).length).toBeGreaterThan(5);
});

test('Ctrl-C ends it like q', async () => {
  const shown = await show([trace('build')], [['plays', '\u0003']]);
  expect(shown).toMatchObject({ status: 0, same: true, left: 0 });
});

test('a terminal that is closed ends it', async () => {
  const shown = await show([trace('build'), '--speed', '0.01'], [['plays', 'CLOSE']]);
  expect(shown).toMatchObject({ status: 1, left: 0 });
});
