// Stands in for the front end's api.js: addresses on the server.
export const api = { apiURL: (path) => `/api${path}` };
