// The published contract: its signed example must be one that our own verifier accepts.
import { expect, test } from 'vitest';
import { transactionSchema } from './contract.ts';
import { contractDocument } from './render-contract.ts';
import { verifyWebhook } from './verify-webhook.ts';

test('the signed example is accepted, and its transaction keeps to the contract', () => {
  const { post } = contractDocument().webhooks.message;
  const body = Buffer.from(post['x-raw-body']);
  const headers = Object.fromEntries(post.parameters.map(({ name, example }) => [name.toLowerCase(), example]));
  const now = new Date(Number(headers['x-pos-timestamp']) * 1000);
  const answer = verifyWebhook({ body, headers, url: '', now }, [post['x-secret']]);
  expect(answer).toMatchObject({
    outcome: 'genuine',
    hints: [{ place: 'store-1', reference: { kind: 'order', id: 'till-7-000123' } }],
  });
  expect(transactionSchema.parse(JSON.parse(post['x-raw-body']).events[0].entity)).toBeTruthy();
});
