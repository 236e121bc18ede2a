// The way in: the demo where the server offers it, otherwise a token or key to paste.
import { Alert, Anchor, Button, Center, Divider, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createTillstream } from '@tillstream/client';
import { type FormEvent, useState } from 'react';
import { Wordmark } from '../page/wordmark.tsx';
import { parseCredential } from './credential.ts';
import { useSession } from './session.tsx';

export function SignInPage() {
  const { signIn, endedBecause } = useSession();
  const demo = useQuery({
    queryKey: ['demo'],
    queryFn: () => createTillstream({ url: window.location.origin }).demo(),
    retry: false,
  });
  const demoToken = demo.data?.tokens.owner;
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="xs" radius="lg" p={{ base: 'lg', xs: 'xl' }} w="100%" maw={440}>
        <Stack gap="lg">
          <Wordmark />
          <Stack gap={4}>
            <Title order={1} size="h3">
              Sign in to your shops
            </Title>
            <Text size="sm" c="dimmed">
              Sales, stock and alerts, as they happen.
            </Text>
          </Stack>
          {endedBecause !== undefined && (
            <Alert color="yellow" variant="light" icon={<IconAlertTriangle aria-hidden />} role="status">
              {endedBecause}
            </Alert>
          )}
          {demoToken !== undefined && (
            <>
              <Button
                size="md"
                fullWidth
                data-testid="demo-sign-in"
                onClick={() => signIn({ kind: 'token', value: demoToken })}
              >
                Open the demo
              </Button>
              <Divider label="or with your own access" labelPosition="center" />
            </>
          )}
          <CredentialForm />
        </Stack>
      </Paper>
    </Center>
  );
}

function CredentialForm() {
  const { signIn } = useSession();
  const [pasted, setPasted] = useState('');
  const [problem, setProblem] = useState<string>();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const credential = parseCredential(pasted);
    if ('problem' in credential) setProblem(credential.problem);
    else signIn(credential);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <PasswordInput
          label="Access token or API key"
          description="It stays in this tab and is forgotten when you close it."
          placeholder="tsk_…"
          value={pasted}
          error={problem}
          autoComplete="off"
          spellCheck={false}
          data-testid="credential-input"
          onChange={(event) => {
            setPasted(event.currentTarget.value);
            setProblem(undefined);
          }}
        />
        <Group justify="space-between">
          <Anchor href="/docs" size="sm" c="var(--mantine-color-dimmed)" underline="always">
            API documentation
          </Anchor>
          <Button type="submit" variant="default" data-testid="credential-submit">
            Sign in
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
