/** Figures as a CSV file that a spreadsheet opens as it is meant. Pure but for the last step, which hands it over. */

export type Cell = string | number | null;

/** A spreadsheet runs what begins like a formula, whoever wrote it. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^-?\d+(\.\d+)?$/;
const QUOTED = /[",\r\n]/;
/** Excel reads UTF-8 only behind it. */
const BYTE_ORDER_MARK = "\uFEFF";

function cell(value: Cell): string {
  if (value === null) return "";
  const words = String(value);
  const safe = FORMULA.test(words) && !NUMBER.test(words) ? `'${words}` : words;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180: a line for the heads, then one a row. */
export function csvOf(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Have the browser keep the file. */
export function keep(name: string, csv: string): void {
  const address = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, csv], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
