// Makes processes slower, as a phone's CPU is: in each turn they run for a while, and stand still for the rest. The thread ends
// when its parent posts any message, and lets them run. bench/apps.ts starts it.
//
// The throttle of the DevTools protocol holds a page's own thread only. The proof of a check-in is made in a worker.

import { parentPort, workerData } from "node:worker_threads";

/** milliseconds of one turn in which the processes run, at least. On a busy machine this thread wakes later. */
const RUN_MS = 4;

const { pids, factor } = workerData as { pids: number[]; factor: number };
const still = new Int32Array(new SharedArrayBuffer(4));
const wait = (ms: number): unknown => Atomics.wait(still, 0, 0, ms);

function signal(name: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids)
    try {
      process.kill(pid, name);
    } catch {} // the browser has ended this process
}

let over = false;
parentPort!.once("message", () => {
  over = true;
});

function turn(): void {
  if (over) {
    parentPort!.postMessage("running");
    return;
  }
  const from = performance.now();
  signal("SIGCONT");
  wait(RUN_MS);
  signal("SIGSTOP");
  wait((performance.now() - from) * (factor - 1));
  signal("SIGCONT");
  setImmediate(turn); // lets the message in
}
turn();
