// The tour's worker: the story, and a look at the disks after each step.

import { deployment } from "../shared/deployment.ts";
import { serve } from "../shared/remote.ts";
import type { Scene, Step } from "./scene.ts";
import { Disks, stageKeys } from "./stage.ts";
import { Story } from "./story.ts";

let story: Story | undefined;
let disks = new Disks();

const api = {
  /** Starts the story from its beginning, with a new person. */
  async begin(): Promise<Scene> {
    story = new Story(await deployment(), await stageKeys());
    disks = new Disks();
    await disks.begin();
    return story.scene;
  },
  /** Plays one step. */
  async play(step: Step): Promise<Scene> {
    if (!story) throw new Error("the story has not begun");
    await story.acts[step]();
    story.scene.tables = await disks.look();
    return story.scene;
  },
};
export type Engine = typeof api;

serve(api);
