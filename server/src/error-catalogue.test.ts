import { expect, test } from 'vitest';
import { renderErrorCatalogue } from './error-catalogue.ts';
import { defineError, errorCatalogue } from './platform/errors.ts';

test('every error is on the page, says in a sentence what to do, and has a title that stands alone', async () => {
  const page = await renderErrorCatalogue();
  const catalogue = errorCatalogue();
  expect(catalogue.length).toBeGreaterThan(20);
  for (const { code, title, advice } of catalogue) {
    expect(page).toContain(`| \`${code}\` |`);
    expect(title, code).toMatch(/^[A-Za-z][^|\n]*[^.|\s]$/);
    expect(advice, code).toMatch(/^[A-Za-z`][^|\n]{10,}[.!]$/);
  }
});

test('a code is of the form slice.reason, used once, and has the status of a failure', () => {
  const rest = { status: 400, title: 'A test', advice: 'Do nothing about it.' };
  defineError('catalogue_test.once', rest);
  expect(() => defineError('catalogue_test.once', rest)).toThrow('defined twice');
  for (const code of ['plain', 'Upper.case', 'two.dots.here', 'a.', '.b', 'a b.c']) {
    expect(() => defineError(code, rest), code).toThrow('slice.reason');
  }
  for (const status of [200, 399, 600, 404.5]) {
    expect(() => defineError('catalogue_test.status', { ...rest, status })).toThrow('status');
  }
});
