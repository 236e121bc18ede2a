// An alert that opens while the page is looked at announces itself.
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle } from '@tabler/icons-react';
import { isAlertEvent, type SyncEvent } from '@tillstream/client';
import { describeLeft, formatQuantity } from '../format/quantity.ts';

/** Shows the alert for ten seconds; a second event of the same alert replaces the first instead of stacking. */
export function showAlertToast(event: SyncEvent): void {
  if (!isAlertEvent(event)) return;
  const { alertId, productName, locationName, currentStock, reorderLevel } = event.changeData;
  notifications.show({
    id: alertId,
    color: currentStock <= 0 ? 'red' : 'orange',
    icon: <IconAlertTriangle size={18} aria-hidden />,
    title: `${productName} is running low`,
    message: `${locationName}: ${describeLeft(currentStock)}, reorder at ${formatQuantity(reorderLevel)}.`,
    autoClose: 10_000,
    withBorder: true,
    role: 'alert',
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}
