// The vendors without a client of their own are read as they come.

/** A JSON document of which only some paths matter; a wrong path shows as a wrong sum. */
export interface Json {
  readonly [key: string]: Json;
}

export async function readJson(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response & { data: Json }> {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return Object.assign(answer, { data: (await answer.json()) as Json });
}

export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
export const minorOf = (value: Json | undefined): number => Math.round(Number(value ?? 0) * 100);
