/** The command that is recorded: started, told to end, and how it ended. */
import { type ChildProcess, spawn } from 'node:child_process';

/** As a shell says it. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** How a command ended: by one of them, or by neither while it runs. */
export interface CommandEnd {
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
}

export class RecordedCommand {
  /** Settles when it has ended, or could not be started; never rejects. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #end: CommandEnd = {};

  /** Starts it with the standard streams of this program. `onTrouble` is told, in words, why it cannot run. */
  constructor(
    [program, ...args]: readonly string[],
    onEnd: () => void,
    onTrouble: (words: string) => void,
  ) {
    const child = spawn(program, args, { stdio: 'inherit' });
    this.#child = child;
    this.ended = new Promise((resolve) => {
      const end = (how: CommandEnd): void => {
        this.#end = how;
        onEnd();
        resolve();
      };
      child.on('error', (error: Error & { code?: string }) => {
        onTrouble(`cannot run ${program}: ${error.code ?? error.message}`);
        end({ exitCode: error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE });
      });
      child.on('exit', (exitCode, signal) => {
        end({ ...(signal === null ? {} : { signal }), ...(exitCode === null ? {} : { exitCode }) });
      });
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get end(): CommandEnd {
    return this.#end;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
