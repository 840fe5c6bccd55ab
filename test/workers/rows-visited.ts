// A D1 database that counts the rows that its queries visit, by the figure that D1 reports.

export interface Counted {
  db: D1Database;
  /** rows visited since the last call */
  visited(): number;
}

export function countVisits(real: D1Database): Counted {
  let rows = 0;
  const count = <T>(result: D1Result<T>): D1Result<T> => {
    rows += result.meta.rows_read;
    return result;
  };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const own = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: async () => count(await statement.all()),
      run: async () => count(await statement.run()),
      first: async (column?: string) => {
        const [row] = count(await statement.all<Record<string, unknown>>()).results;
        return column === undefined ? (row ?? null) : row?.[column];
      },
      raw: async () => {
        const { results } = count(await statement.all<Record<string, unknown>>());
        return results.map((row) => Object.values(row));
      },
    } as unknown as D1PreparedStatement;
    originals.set(own, statement);
    return own;
  };
  const db = {
    prepare: (sql: string) => wrap(real.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) =>
      (await real.batch(statements.map((s) => originals.get(s)!))).map(count),
  } as unknown as D1Database;
  return {
    db,
    visited: () => {
      const seen = rows;
      rows = 0;
      return seen;
    },
  };
}
