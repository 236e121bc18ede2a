// The log: one JSON line an event on standard output, by pino. Each line passes redaction as a whole on its way out, so
// that a secret inside an error's message, its cause or a driver's own property is caught like one in a field of ours.
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { redactText, redactValue } from './redact.ts';

export type { Logger } from 'pino';

/** From most to least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where the lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
      hooks: { streamWrite: redactLine },
    },
    // Synchronous: the last lines before a crash are the ones that are wanted.
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

function redactLine(line: string): string {
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`;
  } catch {
    // Not ours to understand (a line that pino did not write), but still not to be trusted.
    return redactText(line);
  }
}
