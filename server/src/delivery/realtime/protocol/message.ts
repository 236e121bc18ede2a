// The messages of the protocol as this slice handles them, the same for both serializers. What a client may send is
// everything, so a message is only trusted as far as these types go; payloads stay `unknown` until their handler looks.

/** A JSON object as it came off the wire. */
export type JsonObject = { [key: string]: unknown };

export type InboundMessage = {
  /** Which join of the topic the client speaks of; opaque, null on heartbeats and from old clients. */
  joinRef: string | null;
  /** The client's number for this message, echoed in its reply; null where it wants none. */
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
  /** Why the payload cannot be taken, for the reply; its payload is not looked at then. */
  fault?: string;
};

/** What a user broadcast carries: JSON, or raw bytes where the client sent an ArrayBuffer. */
export type BroadcastContent = { json: unknown } | { bytes: Buffer };

export type Broadcast = {
  topic: string;
  event: string;
  content: BroadcastContent;
  /** Told to the receiver beside the content, such as the id by which it recognises a repetition. */
  meta?: JsonObject;
  /** What the sender put beside the content; only text frames carry it. */
  extra?: JsonObject;
};

export type Reply = { status: 'ok' | 'error'; response: JsonObject };

/** What goes into one frame: text for a string, binary for a Buffer. */
export type Encoded = string | Buffer;

/** A push of the server, whose payload is JSON text already (it is often shared by many channels). */
export type Push = { joinRef: string | null; topic: string; event: string; payloadJson: string };

export type ReplyTo = { joinRef: string | null; ref: string; topic: string };

/**
 * One dialect of the wire: it turns the contents of frames into messages and back, and knows nothing of sockets, so that
 * one text is framed once (frame.ts) and handed to every socket that is owed it.
 */
export type Serializer = {
  vsn: '1.0.0' | '2.0.0';
  /** Reads one frame; null for whatever is not a message (broken JSON, wrong shape, a binary kind that is not ours). */
  decode(data: Buffer, isBinary: boolean): InboundMessage | null;
  encodePush(push: Push): string;
  encodeReply(to: ReplyTo, reply: Reply): Encoded;
  /** Null where the dialect cannot say it: raw bytes do not exist in 1.0.0. */
  encodeBroadcast(broadcast: Broadcast): Encoded | null;
};

/** True for what JSON calls an object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
