// The product's name with its mark.
import { Group, Image, Text } from '@mantine/core';

export function Wordmark() {
  return (
    <Group gap={8} wrap="nowrap">
      <Image src="/icon.svg" alt="" w={26} h={26} />
      <Text fw={650} size="lg" lh={1}>
        Tillstream
      </Text>
    </Group>
  );
}
