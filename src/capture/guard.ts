/**
 * The guard: a shell that sleeps beside the recorder and puts audit back as it was if
 * the recorder dies without doing so.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** Waits for a word; when the recorder dies instead, runs what it was given. */
const SCRIPT = `trap '' INT TERM HUP QUIT PIPE; read -r word || exec "$@"`;

export class Guard {
  readonly #shell: ChildProcess;

  /** `command` is what puts audit back; it is run as it is, with no shell's reading of it. */
  constructor(command: readonly string[]) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'godo-guard', ...command], {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    this.#shell.unref();
  }

  /** The recorder has put everything back itself. */
  dismiss(): void {
    this.#shell.stdin?.end('done\n');
  }
}
