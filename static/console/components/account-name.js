// How an account is named outside the list of accounts: by the end of its token, or by its id, because nothing of a key of xAI's API is shown.

/** Returns the name of an account. @param {number | string} id @param {string | undefined} suffix empty for a key of xAI's API */
export const accountName = (id, suffix) => (suffix ? `…${suffix}` : `#${id}`);

/** Returns the query that finds the account on the accounts screen. @param {{ account_id: number, token_suffix: string }} row of the log */
export const accountQuery = ({ account_id: id, token_suffix: suffix }) => (suffix ? { text: suffix } : { id: String(id) });
