// npm googleapis: create, header row, rows, resize, validation, metadata, Drive, a 404, a 403 and a 429.
import {google} from 'googleapis';
import {account, base, breaks, clearFaults, done, fails, log, same, setFaults} from './common.mjs';

const auth = account();
const sheets = google.sheets({version: 'v4', auth, rootUrl: `${base}/`});
const drive = google.drive({version: 'v3', auth, rootUrl: `${base}/`});

const made = (await sheets.spreadsheets.create({requestBody: {properties: {title: 'Orders', locale: 'en_US'}}})).data;
const spreadsheetId = made.spreadsheetId;
same(made.properties.title, 'Orders', 'title');
same(made.sheets.map((s) => s.properties), [{
  sheetId: 0, title: 'Sheet1', index: 0, sheetType: 'GRID', gridProperties: {rowCount: 1000, columnCount: 26},
}], 'the first sheet');

const header = await sheets.spreadsheets.values.update({
  spreadsheetId, range: 'Sheet1!A1:C1', valueInputOption: 'RAW', requestBody: {values: [['id', 'shift', 'amount']]},
});
same(header.data, {spreadsheetId, updatedRange: 'Sheet1!A1:C1', updatedRows: 1, updatedColumns: 3, updatedCells: 3},
  'header row');
const rows = [['A-1', 'DAY', 12.5], ['A-2', 'NIGHT', 7], ['A-3', '', '=SUM(C2:C3)']];
const appended = await sheets.spreadsheets.values.append({
  spreadsheetId, range: 'Sheet1!A1:C1', valueInputOption: 'USER_ENTERED', requestBody: {values: rows},
});
same(appended.data.tableRange, 'Sheet1!A1:C1', 'the table that it follows');
same(appended.data.updates.updatedRange, 'Sheet1!A2:C4', 'rows');
const read = await sheets.spreadsheets.values.batchGet({
  spreadsheetId, ranges: ['Sheet1!A2:C4', 'Sheet1!C:C'], valueRenderOption: 'UNFORMATTED_VALUE',
});
same(read.data.valueRanges[0].values, [['A-1', 'DAY', 12.5], ['A-2', 'NIGHT', 7], ['A-3', '', 19.5]], 'values');
same(read.data.valueRanges[1].range, 'Sheet1!C1:C1000', 'a whole column');

const column = {sheetId: 0, dimension: 'COLUMNS', startIndex: 1, endIndex: 2};
const cells = {sheetId: 0, startRowIndex: 1, endRowIndex: 4, startColumnIndex: 1, endColumnIndex: 2};
const batch = await sheets.spreadsheets.batchUpdate({spreadsheetId, requestBody: {
  requests: [
    {updateSheetProperties: {properties: {sheetId: 0, gridProperties: {rowCount: 50, columnCount: 5, frozenRowCount: 1}},
      fields: 'gridProperties(rowCount,columnCount,frozenRowCount)'}},
    {setDataValidation: {range: cells, rule: {condition: {type: 'ONE_OF_LIST',
      values: [{userEnteredValue: 'DAY'}, {userEnteredValue: 'NIGHT'}]}, strict: true, showCustomUi: true}}},
    {createDeveloperMetadata: {developerMetadata: {metadataId: 4242, metadataKey: 'zmig.column', metadataValue: 'shift',
      visibility: 'DOCUMENT', location: {dimensionRange: column}}}},
    {insertDimension: {range: {sheetId: 0, dimension: 'COLUMNS', startIndex: 0, endIndex: 1}}},
    {repeatCell: {range: {sheetId: 0, startRowIndex: 0, endRowIndex: 1}, cell: {userEnteredFormat: {textFormat: {bold: true}}},
      fields: 'userEnteredFormat.textFormat.bold'}},
    {addNamedRange: {namedRange: {name: 'orders', range: {sheetId: 0, startRowIndex: 0, endRowIndex: 4}}}},
  ],
  includeSpreadsheetInResponse: true,
}});
same(batch.data.replies.length, 6, 'replies');
same(batch.data.updatedSpreadsheet.sheets[0].properties.gridProperties, {rowCount: 50, columnCount: 6, frozenRowCount: 1},
  'resized');
const found = await sheets.spreadsheets.developerMetadata.search({spreadsheetId, requestBody: {
  dataFilters: [{developerMetadataLookup: {metadataKey: 'zmig.column'}}]}});
same(found.data.matchedDeveloperMetadata[0].developerMetadata.location.dimensionRange,
  {dimension: 'COLUMNS', startIndex: 2, endIndex: 3}, 'the metadata went along with its column');
const rule = await sheets.spreadsheets.get({spreadsheetId, ranges: ['Sheet1!C2'],
  fields: 'sheets.data.rowData.values.dataValidation(strict,condition.type)'});
same(rule.data.sheets[0].data[0].rowData[0].values[0].dataValidation, {strict: true, condition: {type: 'ONE_OF_LIST'}},
  'validation went along too');
await fails(() => sheets.spreadsheets.batchUpdate({spreadsheetId, requestBody: {requests: [
  {addSheet: {properties: {title: 'Second'}}},
  {createDeveloperMetadata: {developerMetadata: {metadataId: 4242, metadataKey: 'k', visibility: 'DOCUMENT',
    location: {spreadsheet: true}}}}]}}), 400,
/Invalid requests\[1\]\.createDeveloperMetadata: Cannot add developer metadata with ID \[4242\]/);
same((await sheets.spreadsheets.get({spreadsheetId})).data.sheets.length, 1, 'a refused batch changed nothing');

await fails(() => sheets.spreadsheets.get({spreadsheetId: 'nowhere'}), 404, /Requested entity was not found\./);
await fails(() => sheets.spreadsheets.get({spreadsheetId: 'forbidden'}), 403, /The caller does not have permission/);
await setFaults({match: {op: 'sheets.spreadsheets.get', times: 0}, action: 'status', status: 429});
await fails(() => sheets.spreadsheets.get({spreadsheetId, retry: false}), 429, /Quota exceeded for quota metric 'Read requests'/);
await setFaults({match: {op: 'sheets.spreadsheets.get'}, action: 'status', status: 503});
same((await sheets.spreadsheets.get({spreadsheetId})).status, 200, 'the client tries again after a 503');
await setFaults({match: {op: 'sheets.spreadsheets.batchUpdate'}, phase: 'body', action: 'truncate', variant: 'chunked'});
await breaks(() => sheets.spreadsheets.batchUpdate({spreadsheetId, requestBody: {requests: [{addSheet: {}}]}}));
await clearFaults();
same((await sheets.spreadsheets.get({spreadsheetId})).data.sheets.length, 2, 'a torn answer, and the change is there');
same((await log()).filter((line) => line.committed && line.action === 'truncate').length, 1, 'the log says so');

const listed = await drive.files.list({q: "mimeType = 'application/vnd.google-apps.spreadsheet'", fields: 'files(id,name)'});
same(listed.data.files.map((f) => f.name), ['Orders'], 'Drive lists it');
const copy = await drive.files.copy({fileId: spreadsheetId, requestBody: {name: 'Copy'}});
same((await sheets.spreadsheets.values.get({spreadsheetId: copy.data.id, range: 'B2'})).data.values, [['A-1']], 'a copy');
const csv = await drive.files.export({fileId: copy.data.id, mimeType: 'text/csv'}, {responseType: 'text'});
same(String(csv.data).split('\r\n')[0], ',id,shift,amount', 'CSV');
await drive.permissions.create({fileId: copy.data.id, requestBody: {type: 'user', role: 'writer', emailAddress: 'a@example.com'}});
same((await drive.permissions.list({fileId: copy.data.id})).data.permissions.length, 2, 'shared');
await drive.files.delete({fileId: copy.data.id});
await fails(() => drive.files.get({fileId: copy.data.id}), 404, /File not found/);
done('googleapis');
