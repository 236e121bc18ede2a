// The shapes of broadcasts by HTTP, in the two forms that clients of the original send.
import { z } from 'zod';

const topic = z.string().min(1).max(246).describe('The name of the channel, without "realtime:".');
const event = z.string().max(255);

export const broadcastBatch = z.object({
  messages: z.array(
    z.object({
      topic,
      event,
      payload: z.unknown().optional(),
      private: z.boolean().optional().describe('To those who joined the topic as a private channel.'),
    }),
  ),
});

// Checked by the operation: what a path cannot mean is answered 404, which clients take for a server that is too old.
export const broadcastParams = z.object({ topic: z.string(), event: z.string() });

// Clients keep the query of their socket's address (apikey, vsn), so anything else is let through.
export const broadcastQuery = z.looseObject({ private: z.stringbool().optional() });
