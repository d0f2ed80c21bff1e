// Notes in the database.
export function stored(pool) {
  return {
    async all() {
      return (await pool.query("SELECT id, text FROM notes ORDER BY id")).rows;
    },
    async add(text) {
      return (await pool.query("INSERT INTO notes (text) VALUES ($1) RETURNING id, text", [text])).rows[0];
    },
  };
}
