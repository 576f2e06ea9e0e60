// Builds query strings.

/** Returns a query string. @param {Record<string, unknown>} values empty ones are left out @returns {string} with its `?`, or empty */
export function search(values) {
  const given = Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}
