// Imports: a file of sales read line by line and booked through the one operation in which everything that brings sales
// ends (domains/pos/ingest-sales.ts), as the operator's command needs it. A file is worked through in its order with
// several requests under way, and how far everything is durable is kept in the database, so that a killed import goes on.
// Tables owned: import_checkpoints. Events appended: none of its own; those of the sales.
export { ImportRefused } from './import-refused.ts';
export { type ImportProgress, type ImportReport, importSales } from './import-sales.ts';
export { operatorAt } from './operator-caller.ts';
export { type FileFormat, fileFormats, type SalesFile, surveyFile } from './survey-file.ts';
