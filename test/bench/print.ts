/** Figures as text. */
import { MEGABYTE } from './generate.ts';

/** A column: its title, and what stands in it for a row. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
}

/** Prints rows under titles; the first column is flush left, the others right. */
export function printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => text(row))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  for (const line of cells) {
    const padded = line.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    console.log(`  ${padded.join('  ').trimEnd()}`);
  }
}

/** A number with so many decimals, thousands set apart. */
export function number(value: number, decimals = 0): string {
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value.toLocaleString('en-US', options);
}

export function megabytes(bytes: number): string {
  return number(bytes / MEGABYTE);
}
