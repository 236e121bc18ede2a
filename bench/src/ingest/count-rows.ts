// Looks behind the server's answers: what it said that it has booked must be in the books.
import pg from 'pg';

export interface BookedRows {
  readonly sales: number;
  readonly lines: number;
  readonly movements: number;
  readonly events: number;
}

export async function countRows(ownerUrl: string): Promise<BookedRows> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    const { rows } = await client.query<BookedRows>(
      `select (select count(*) from pos_transactions)::int as sales, (select count(*) from pos_transaction_items)::int as lines,
         (select count(*) from stock_movements)::int as movements, (select count(*) from sync_events)::int as events`,
    );
    if (rows[0] === undefined) throw new Error('PostgreSQL counted nothing');
    return rows[0];
  } finally {
    await client.end();
  }
}
