// The Worker's clock in the hands of a test: what the shim asks of time goes through these two globals. `/__test/clock` takes
// how much time to let pass at once, and how much faster it runs from then on.

const realNow = Date.now.bind(Date);
const realTimeout = globalThis.setTimeout;

/** At this real time it was that time here, and since then it runs so much faster. */
let since = { real: 0, here: 0, speed: 1 };

Date.now = () => Math.floor(since.here + (realNow() - since.real) * since.speed);
globalThis.setTimeout = (work, milliseconds, ...more) => realTimeout(work, milliseconds / since.speed, ...more);

/** Answers requests to `/__test/clock`: `{ "pass": milliseconds, "speed": factor }`, both may be left out. */
export async function clockRoute(pathname, request) {
  if (pathname !== "/__test/clock") return null;
  const { pass = 0, speed = since.speed } = await request.json();
  since = { real: realNow(), here: Date.now() + pass, speed };
  return Response.json(since);
}
