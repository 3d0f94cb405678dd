import { matchesRoot, renderTree } from '../report/tree.ts';
import { traceLine, traceLines } from '../report/traces.ts';
import { withAllChildren } from '../report/children.ts';
import type { ProcessDocument } from '../model/process.ts';
import { openStore } from '../store/open.ts';
import type { Filter, Store } from '../store/store.ts';
import { EXIT } from './analysis.ts';
import { linesAsText, writeAll } from './output/output.ts';
import { terminalOf } from './terminal.ts';

/** Where `--store` keeps things when it is not told where. */
export const USUAL_STORE = 'data';

/** What `godo tree` was asked for. */
export interface TreeCommandOptions {
  readonly root?: string;
  readonly depth?: number;
  readonly at?: number;
}

/** `godo tree`: the tree of what is stored; gives the exit status. */
export async function treeCommand(uri: string, options: TreeCommandOptions): Promise<number> {
  const store = await openStore(uri);
  try {
    const { root } = options;
    const processes = withAllChildren(await treeProcesses(store, options));
    if (root !== undefined && !processes.some((process) => matchesRoot(process, root))) {
      process.stderr.write(`godo: no process of this store is called ${root}\n`);
      return EXIT.usage;
    }
    await warnOfUnfinished(store);
    const rows = renderTree(processes, { ...terminalOf(process.stdout, process.env), ...options });
    await writeAll(process.stdout, linesAsText(rows));
    return EXIT.fine;
  } finally {
    await store.close();
  }
}

/** No more than the tree shows, and what its rows need. */
async function treeProcesses(
  store: Store,
  { root, at }: TreeCommandOptions,
): Promise<ProcessDocument[]> {
  const processes: ProcessDocument[] = [];
  if (at !== undefined) {
    for await (const process of store.aliveAt(at)) processes.push(process);
    return processes;
  }
  const query =
    root === undefined ? {} : { filter: rootFilter(root), related: 'descendants' as const };
  for await (const process of store.find(query)) processes.push(process as ProcessDocument);
  return processes;
}

/** All that `matchesRoot` accepts, and perhaps a little more. */
function rootFilter(root: string): Filter {
  const name = root.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  const named = [
    { comm: root },
    { exe: { $regex: `(?:^|/)${name}$` } },
    { 'args.0': { $regex: `(?:^|/)-?${name}$` } },
  ];
  return { $or: /^\d+$/.test(root) ? [{ pid: Number(root) }, ...named] : named };
}

/** Says so on standard error when something that is shown may not be all. */
export async function warnOfUnfinished(store: Store): Promise<void> {
  for (const { _id, state } of await store.traces()) {
    if (state === 'finished') continue;
    process.stderr.write(`godo: trace ${_id} is unfinished: store it again to complete it\n`);
  }
}

/** What `godo traces` was asked for. */
export interface TracesOptions {
  readonly format: 'text' | 'ndjson';
}

/** `godo traces`: what has been stored, when and from what; gives the exit status. */
export async function tracesCommand(uri: string, { format }: TracesOptions): Promise<number> {
  const store = await openStore(uri);
  try {
    const traces = await store.traces();
    const lines = traces.flatMap((trace) =>
      format === 'text' ? traceLines(trace) : [traceLine(trace)],
    );
    await writeAll(process.stdout, linesAsText(lines));
    return EXIT.fine;
  } finally {
    await store.close();
  }
}
