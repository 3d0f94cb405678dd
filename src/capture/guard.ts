/**
 * The guard: a shell that sleeps beside the recorder and puts audit back as it was if
 * the recorder dies without doing so.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** At a word removes the state's file; when the recorder dies instead, runs what it was given. */
const SCRIPT = `trap '' INT TERM HUP QUIT PIPE; if read -r word; then rm -f -- "$0"; else exec "$@"; fi`;

export class Guard {
  readonly #shell: ChildProcess;

  /**
   * `stateFile` is what it removes at last, which the recorder may no longer be allowed to.
   * `command` is what puts audit back; it is run as it is, with no shell's reading of it.
   */
  constructor(stateFile: string, command: readonly string[]) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, stateFile, ...command], {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    this.#shell.unref();
  }

  /** The recorder has put everything back itself: the guard ends, and is waited for. */
  async dismiss(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.pid === undefined) return;
    this.#shell.ref();
    const ended = once(this.#shell, 'exit');
    this.#shell.stdin?.end('done\n');
    await ended;
  }
}
