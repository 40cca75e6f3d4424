// npm google-spreadsheet: create, header row, rows, resize, cells, metadata, a 404 and a 429. It calls fetch, which is turned to us.
import {account, base, clearFaults, done, fails, same, setFaults} from './common.mjs';

const {token} = await account().getAccessToken();
const real = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  if (!url.hostname.endsWith('googleapis.com')) return real(request);
  return real(new Request(base + url.pathname + url.search, request));
};
const {GoogleSpreadsheet} = await import('google-spreadsheet');

const doc = await GoogleSpreadsheet.createNewSpreadsheetDocument({token}, {title: 'Members'});
same(doc.title, 'Members', 'title');
await doc.updateProperties({title: 'Team'});
same(doc.title, 'Team', 'renamed');
const sheet = await doc.addSheet({title: 'People', headerValues: ['name', 'email', 'age']});
same(sheet.headerValues, ['name', 'email', 'age'], 'header row');
await sheet.addRows([{name: 'Ana', email: 'ana@example.com', age: 31}, {name: 'Luis', email: 'luis@example.com', age: 28}]);
let rows = await sheet.getRows();
same(rows.map((r) => r.toObject()), [
  {name: 'Ana', email: 'ana@example.com', age: '31'}, {name: 'Luis', email: 'luis@example.com', age: '28'}], 'rows');
rows[0].set('age', 32);
await rows[0].save();
await rows[1].delete();
rows = await sheet.getRows();
same(rows.map((r) => r.get('age')), ['32'], 'a row saved, a row deleted');
await sheet.resize({rowCount: 40, columnCount: 8});
same([sheet.rowCount, sheet.columnCount], [40, 8], 'resized');
await sheet.loadCells('A1:C3');
const cell = sheet.getCellByA1('C3');
cell.formula = '=C2*2';
cell.note = 'twice';
sheet.getCell(0, 0).textFormat = {bold: true};
await sheet.saveUpdatedCells();
await sheet.loadCells('A1:C3');
same([sheet.getCellByA1('C3').value, sheet.getCellByA1('C3').note], [64, 'twice'], 'a formula and a note');
same(sheet.getCell(0, 0).textFormat.bold, true, 'a format');
await sheet.setDataValidation({startRowIndex: 1, endRowIndex: 3, startColumnIndex: 0, endColumnIndex: 1},
  {condition: {type: 'ONE_OF_LIST', values: [{userEnteredValue: 'Ana'}]}, strict: true});
await sheet.insertDimension('COLUMNS', {startIndex: 0, endIndex: 1});
await sheet.updateProperties({tabColor: {red: 1}});
const copy = await sheet.duplicate({title: 'People 2'});
same(copy.title, 'People 2', 'duplicated');
await doc.loadInfo();
same(doc.sheetsByIndex.map((s) => s.title), ['People 2', 'Sheet1', 'People'], 'sheets in their order');
await copy.delete();
await doc.loadInfo();
same(doc.sheetCount, 2, 'deleted');
await sheet.clear();

await fails(() => new GoogleSpreadsheet('nowhere', {token}).loadInfo(), 404, /404/);
await setFaults({match: {op: 'sheets.spreadsheets.get', times: 0}, action: 'status', status: 429});
await fails(() => new GoogleSpreadsheet(doc.spreadsheetId, {token}, {retryConfig: {limit: 0}}).loadInfo(), 429, /429/);
await clearFaults();
await doc.delete();
await fails(() => new GoogleSpreadsheet(doc.spreadsheetId, {token}).loadInfo(), 404, /404/);
done('google-spreadsheet');
