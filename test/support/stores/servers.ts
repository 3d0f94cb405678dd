/** MongoDB servers for tests: the one of MONGODB_URI, or stand-ins started on a free port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoBinary } from 'mongodb-memory-server-core/lib/util/MongoBinary.js';

const ROOT = rootFolder();
const PATIENCE = 60_000;
/** The version that is downloaded where there is no other server. */
const MONGOD = '8.0.4';

/** The benchmark runs from where it was compiled to. */
function rootFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'bin/godo.js'))) folder = dirname(folder);
  return folder;
}

/** A server to test against. */
export interface Server {
  /** Without a database; ends with a slash. */
  readonly uri: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

async function isUp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function started(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await isUp(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error('the server does not come up');
    await sleep(100);
  }
}

async function serverOf(
  command: (port: number, folder: string) => readonly [string, ...string[]],
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'godo-server-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const restart = async (): Promise<void> => {
    const [file, ...args] = command(port, folder);
    child = spawn(file, args, { stdio: 'ignore', cwd: folder });
    await started(port, child);
  };
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    await new Promise((resolve) => {
      running.on('exit', resolve);
      running.kill('SIGKILL');
    });
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await restart();
  return { uri: `mongodb://127.0.0.1:${port}/`, kill, restart, stop };
}

/** How to get the stand-ins. */
export const HOW_TO = 'run .tools/test-servers.sh, or set MONGODB_URI';

/** SecantusDB, whose storage survives a kill; undefined where it is not installed. */
async function startSecantus(): Promise<Server | undefined> {
  const program = join(ROOT, '.venv/bin/secantusd-py');
  if (!existsSync(program)) return undefined;
  return serverOf((port, folder) => [
    program,
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--storage-path',
    join(folder, 'data'),
    '--standalone',
    '--log-level',
    'ERROR',
  ]);
}

/** MongoDB's own server, where it is on the PATH. */
async function startMongod(): Promise<Server | undefined> {
  return spawnSync('mongod', ['--version']).status === 0 ? mongodOf('mongod') : undefined;
}

/** MongoDB's own server, as mongodb-memory-server brings it; undefined where it cannot. */
async function startDownloaded(): Promise<Server | undefined> {
  const downloadDir = join(ROOT, '.venv/mongod');
  try {
    return await mongodOf(await MongoBinary.getPath({ downloadDir, version: MONGOD }));
  } catch {
    return undefined;
  }
}

async function mongodOf(program: string): Promise<Server> {
  return serverOf((port, folder) => [
    program,
    '--bind_ip',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--dbpath',
    folder,
  ]);
}

/**
 * A server with storage that the tests may stop and start: MongoDB's own, or a stand-in, or
 * MongoDB's own from the net.
 */
export async function startServer(): Promise<Server | undefined> {
  return (await startMongod()) ?? (await startSecantus()) ?? startDownloaded();
}

/** mongo-java-server, which keeps everything in memory; undefined where it is not installed. */
export async function startJava(): Promise<Server | undefined> {
  const folder = join(ROOT, '.venv/java');
  if (!existsSync(folder)) return undefined;
  const jars = readdirSync(folder).map((name) => join(folder, name));
  const source = join(ROOT, 'test/support/mongo-java-server/JavaMongo.java');
  return serverOf((port) => ['java', '-cp', jars.join(':'), source, `${port}`]);
}

/** The server of MONGODB_URI; undefined when that is not set. */
export function givenServer(): Server | undefined {
  const given = process.env['MONGODB_URI'];
  if (given === undefined || given === '') return undefined;
  const cannot = async (): Promise<void> => {
    throw new Error('the server of MONGODB_URI is not ours to stop');
  };
  // The database is chosen by each test.
  const uri = given.replace(/^(?<head>[a-z+]+:\/\/[^/?]*)\/?[^?]*/, '$<head>/');
  return { uri, kill: cannot, restart: cannot, stop: async () => {} };
}

/** The URI of a database on that server. */
export function databaseUri({ uri }: Server, name: string): string {
  const [head, options] = uri.split('?');
  return `${head}${name}${options === undefined ? '' : `?${options}`}`;
}
