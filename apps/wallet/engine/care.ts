// The worker's methods for care.

export const careApi = {};
