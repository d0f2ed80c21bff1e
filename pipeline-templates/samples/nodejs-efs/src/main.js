import { app } from "./app.js";

const port = Number(process.env.PORT ?? 8080);
const server = app(process.env.DATA_DIRECTORY ?? "/data").listen(port, () => console.log(`listening on ${port}`));

// ECS asks by SIGTERM, and kills 30 seconds later: what is under way is answered first.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
