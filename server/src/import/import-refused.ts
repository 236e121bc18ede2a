// Why an import does not begin or cannot go on; a full sentence for whoever gave the command.
export class ImportRefused extends Error {}
