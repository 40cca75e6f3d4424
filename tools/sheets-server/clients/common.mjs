// What both sessions share: addresses, a verified token, checks that are counted.
import fs from 'node:fs';
import assert from 'node:assert/strict';
import {JWT} from 'google-auth-library';
import {Gaxios} from 'gaxios';

export const base = process.env.SHEETS_URL;
export const control = process.env.SHEETS_CONTROL;

let checks = 0;
export function same(got, wanted, what) {
  assert.deepEqual(got, wanted, what);
  ++checks;
}
export async function fails(call, status, message) {
  let error;
  try {
    await call();
  } catch (e) {
    error = e;
  }
  assert.ok(error, `no error ${status}`);
  const code = error.status ?? error.code ?? error.response?.status;
  same(Number(code), status, `${error}`);
  assert.match(String(error.message), message);
  ++checks;
}
// The connection broke; how that is said is the client's affair.
export async function breaks(call) {
  await assert.rejects(call, (error) => !error.response || error.response.data === undefined || /terminated|premature|aborted/i.test(String(error)));
  ++checks;
}
export function done(name) {
  console.log(`${name}: ${checks} checks passed`);
}

// A service account's client: the library asks Google's token endpoint whatever the key says, so its transport is turned to ours.
export function account() {
  const key = JSON.parse(fs.readFileSync(process.env.SHEETS_KEY, 'utf8'));
  const transporter = new Gaxios();
  transporter.interceptors.request.add({
    resolved: async (config) => {
      const url = new URL(config.url);
      if (url.hostname.endsWith('googleapis.com')) config.url = new URL(base + url.pathname + url.search);
      return config;
    },
  });
  return new JWT({
    email: key.client_email,
    key: key.private_key,
    scopes: ['https://www.googleapis.com/auth/spreadsheets', 'https://www.googleapis.com/auth/drive'],
    transporter,
  });
}

async function ask(method, path, body) {
  const response = await fetch(control + path, {method, body: body === undefined ? undefined : JSON.stringify(body)});
  assert.equal(response.status, 200, `${method} ${path}`);
  const text = await response.text();
  return path.startsWith('/log') ? text.split('\n').filter(Boolean).map((line) => JSON.parse(line)) : JSON.parse(text);
}
export const setFaults = (rules) => ask('POST', '/faults', rules);
export const clearFaults = () => ask('DELETE', '/faults');
export const log = () => ask('GET', '/log');
