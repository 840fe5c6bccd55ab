// The worker's methods for share.

export const shareApi = {};
