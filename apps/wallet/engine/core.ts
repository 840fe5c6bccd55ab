// The worker's methods for core.

export const coreApi = {};
