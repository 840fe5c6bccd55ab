// The worker's methods for records.

export const recordsApi = {};
