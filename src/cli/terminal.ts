/** What the place that output goes to can show. */
export interface Terminal {
  /** Columns; Infinity where rows are not to be cut. */
  readonly width: number;
  readonly color: boolean;
}

const USUAL_WIDTH = 80;

/** Width and colour only where a person looks on; `NO_COLOR` (https://no-color.org) is honoured. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  if (stream.isTTY !== true) return { width: Number.POSITIVE_INFINITY, color: false };
  return { width: stream.columns || USUAL_WIDTH, color: (env.NO_COLOR ?? '') === '' };
}
