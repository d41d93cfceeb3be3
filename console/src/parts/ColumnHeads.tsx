/** The head of a table of figures or words: one word a column. */

interface Props<Column extends string> {
  columns: readonly Column[];
  words: (column: Column) => string;
  /** Whether a column stands at its end, as figures do. */
  end?: (column: Column, index: number) => boolean;
}

export function ColumnHeads<Column extends string>({ columns, words, end }: Props<Column>) {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => (
          <th key={column} scope="col" className={end?.(column, index) ? "end" : undefined}>
            {words(column)}
          </th>
        ))}
      </tr>
    </thead>
  );
}
