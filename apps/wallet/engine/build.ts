// The worker's method for "About this app".

import { checkOwnBuild } from "../../shared/build/check.ts";

export const buildApi = {
  checkBuild: () => checkOwnBuild("wallet"),
};
