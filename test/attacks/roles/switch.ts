// A switch for one weakness of a Worker, so that a test can run the attack against the real Worker first and against the
// careless one after it: POST /careless {"on": true} or {"on": false}.
//
// Role files ask `careless()`. Text patches have no imports: they call the same function as a global.

let on = false;

export const careless = (): boolean => on;
export const setCareless = (value: boolean): void => {
  on = value;
};

Object.assign(globalThis, { careless });

/** The answer to POST /careless; undefined for every other request. */
export async function turnSwitch(request: Request): Promise<Response | undefined> {
  if (new URL(request.url).pathname !== "/careless") return undefined;
  on = (await request.json<{ on: boolean }>()).on;
  return Response.json({});
}
