// How a socket of each kind comes into its rooms. Everything else about the kinds is the same for a receiver.

export interface Seat {
  /** Key or token, where the gateway asks for one. */
  readonly key: string;
  /** Rooms that it joins: places for ours, such as `location:<id>`; any word for the others. None: it only connects. */
  readonly rooms: readonly string[];
}

/** One socket's way in: told each text frame until it answers that the socket is in all of its rooms. */
export interface Entry {
  /** Said at once, when the WebSocket is open. */
  readonly greeting: readonly string[];
  /** It has no rooms to come into: to be connected is all. */
  readonly isInAtOnce?: boolean;
  /** What to say to a text, and whether the socket is in. Also asked about texts that come later. */
  hear(text: string): { readonly say?: readonly string[]; readonly isIn?: boolean };
}

export interface Dialect {
  path(seat: Seat): string;
  enter(seat: Seat): Entry;
  /** Said every 20 s, where silence is taken for death. */
  readonly heartbeat: string | null;
}

export type DialectName = 'ours' | 'plain' | 'socket.io';

const watched = { event: '*', schema: 'public', table: 'inventory_items', select: ['id', 'current_stock'] };

function joinOurs(room: string, ref: number): string {
  const [kind, id] = room.split(':');
  const filter = kind === 'location' ? { filter: `location_id=eq.${id}` } : {};
  const config = { postgres_changes: [{ ...watched, ...filter }] };
  return JSON.stringify([String(ref), String(ref), `realtime:${room}`, 'phx_join', { config }]);
}

const ours: Dialect = {
  path: ({ key }) => `/realtime/v1/websocket?apikey=${key}&vsn=2.0.0`,
  enter({ rooms }) {
    let waited = rooms.length;
    return {
      greeting: rooms.map((room, index) => joinOurs(room, index + 1)),
      hear(text) {
        if (!text.includes('"phx_reply"') || text.includes('"phoenix"')) return {};
        if (!text.includes('"status":"ok"')) throw new Error(`A receiver was refused: ${text}`);
        return { isIn: --waited === 0 };
      },
    };
  },
  heartbeat: JSON.stringify([null, '0', 'phoenix', 'heartbeat', {}]),
};

const plain: Dialect = {
  path: () => '/',
  enter({ rooms }) {
    let waited = rooms.length;
    const greeting = rooms.map((room) => `join ${room}`);
    return { greeting, isInAtOnce: waited === 0, hear: () => ({ isIn: --waited === 0 }) };
  },
  heartbeat: null,
};

/** Engine.IO's packets: 0 open, 2 ping, 3 pong, 4 message; in a message Socket.IO's: 0 connect, 2 event. */
const socketIo: Dialect = {
  path: () => '/socket.io/?EIO=4&transport=websocket',
  enter({ rooms }) {
    let waited = rooms.length;
    return {
      greeting: [],
      hear(text) {
        if (text === '2') return { say: ['3'] };
        if (text.startsWith('0')) return { say: ['40'] };
        if (text.startsWith('40')) return { say: rooms.map((room) => `42${JSON.stringify(['join', room])}`) };
        return { isIn: text.startsWith('42["joined"') && --waited === 0 };
      },
    };
  },
  heartbeat: null,
};

export const dialects: Readonly<Record<DialectName, Dialect>> = { ours, plain, 'socket.io': socketIo };
