import pg from "pg";
import { app } from "./app.js";
import { settings } from "./database.js";
import { stored } from "./notes.js";

const pool = new pg.Pool(settings(process.env));
const port = Number(process.env.PORT ?? 8080);
const server = app(stored(pool)).listen(port, () => console.log(`listening on ${port}`));

// ECS asks by SIGTERM, and kills 30 seconds later: what is under way is answered first.
process.on("SIGTERM", () => server.close(() => pool.end().then(() => process.exit(0))));
