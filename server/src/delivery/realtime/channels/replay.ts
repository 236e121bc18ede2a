// What a client asks for of before its join: the broadcasts that the log gave rise to, with their ids, so that one which
// also arrives live is told once. What clients said to each other is not in the log, and is not told again.

import { Refusal } from '../errors.ts';
import { momentMsMax } from '../limits.ts';
import { notificationOf } from '../matching/deliver-event.ts';
import type { JoinConfig } from '../protocol/join-config.ts';
import { type Broadcast, isJsonObject } from '../protocol/message.ts';
import { topicName, topicOwner, userTopic } from '../protocol/topics.ts';
import type { SessionContext } from '../session-context.ts';
import type { ReplayRange } from './subscriber.ts';

export interface Replay {
  readonly broadcasts: readonly Broadcast[];
  readonly ids: ReadonlySet<string>;
  /** Why nothing comes although it was asked for. */
  readonly complaint: string | null;
}

const nothing: Replay = { broadcasts: [], ids: new Set(), complaint: null };
const noLog =
  "replay: nothing that is said here is kept; only a person's own channel, user:<id>, has something to replay";
const limitDefault = 25;

interface ReplayRequest {
  readonly topic: string;
  readonly config: Pick<JoinConfig, 'broadcast' | 'isPrivate'>;
}

/** Throws Refusal for a request that makes no sense; a failing database is a failure of ours. */
export async function fetchReplay(request: ReplayRequest, context: SessionContext): Promise<Replay> {
  const { topic, config } = request;
  const range = readRange(config, context.limits.replayMessagesMax);
  const owner = topicOwner(topicName(topic) ?? '');
  // The log speaks on a person's own topic alone, not on what hangs below it.
  if (range === null) return nothing;
  if (owner === null || topic.toLowerCase() !== userTopic(owner.id)) return { ...nothing, complaint: noLog };
  const events = await context.readBroadcasts(owner, range);
  const broadcasts = events.flatMap((event) => {
    const told = notificationOf(event);
    return told === null ? [] : [{ ...told, topic, meta: { replayed: true, id: event.id } }];
  });
  return { broadcasts, ids: new Set(events.map(({ id }) => id)), complaint: null };
}

/** Null where nothing is asked for. */
function readRange({ broadcast, isPrivate }: ReplayRequest['config'], limitMax: number): ReplayRange | null {
  const { replay } = broadcast;
  if (replay === null) return null;
  if (!isPrivate) throw new Refusal('UnableToReplayMessages', 'Replay is not allowed for public channels');
  const { since, limit = limitDefault } = isJsonObject(replay) ? replay : {};
  const sinceMs = Number(since ?? Number.NaN);
  const asked = Number(limit);
  if (!(Math.abs(sinceMs) <= momentMsMax) || !Number.isFinite(asked)) {
    throw new Refusal('UnableToReplayMessages', 'Replay params are not valid');
  }
  return { sinceMs: Math.max(0, sinceMs), limit: Math.min(Math.max(Math.trunc(asked), 1), limitMax) };
}
