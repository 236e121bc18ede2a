// The server's contract as types: the resources by name, and the paths in the form that openapi-fetch reads.
import type { Page } from './each-item.ts';
import type { POSSystemConfig } from './pos-system-config.ts';

/** Who the credential stands for, and where it may act. */
export type Me = {
  actor: { kind: string; id: string; name?: string };
  memberships: { role: string; franchiseId: string; franchiseeId: string | null; locationId: string | null }[];
};

export type Location = {
  id: string;
  franchiseId: string;
  franchiseeId: string | null;
  name: string;
  /** IANA name, such as `America/New_York`. */
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  version: number;
};

export type Product = {
  id: string;
  sku: string;
  name: string;
  unit: string;
  price: number | null;
  currency: string | null;
  version: number;
};

export type StockItem = {
  inventoryItemId: string;
  locationId: string;
  productId: string;
  productName: string;
  sku: string;
  unit: string;
  currentStock: number;
  reorderLevel: number | null;
  rearmLevel: number | null;
  maxStockLevel: number | null;
  version: number;
};

export type StockMovement = {
  id: string;
  movementType: string;
  quantity: number;
  reason: string | null;
  occurredAt: string;
  recordedAt: string;
};

export type SaleLine = {
  productId: string | null;
  sku: string | null;
  name: string | null;
  quantity: number;
  unitPrice: number;
  totalPrice: number;
};

export type Transaction = {
  id: string;
  externalId: string;
  posSystemId: string;
  locationId: string;
  version: number;
  status: 'completed' | 'refunded' | 'voided';
  currency: string;
  totalAmount: number;
  paymentMethod: string | null;
  occurredAt: string;
  businessDate: string;
  lines: SaleLine[];
};

export type Notification = {
  id: string;
  notificationType: string;
  title: string;
  message: string;
  data: Record<string, unknown>;
  priority: number;
  createdAt: string;
};

export type PosSystem = { id: string; locationId: string; systemType: string; name: string; version: number };

export type Demo = {
  url: string;
  franchiseId: string;
  locations: { id: string; name: string; posSystemId: string }[];
  products: { id: string; sku: string }[];
  keys: { owner: string; manager: string; till: string };
  tokens: { owner: string; manager: string };
  users: { owner: string; manager: string };
};

export type NewSale = {
  externalId: string;
  version?: number;
  status?: 'completed' | 'refunded' | 'voided';
  occurredAt: string;
  total: number | string;
  currency: string;
  paymentMethod?: string;
  metadata?: Record<string, unknown>;
  lines: {
    sku?: string;
    externalProductId?: string;
    name?: string;
    quantity: number | string;
    unitPrice: number | string;
    total: number | string;
    modifiers?: unknown[];
  }[];
};

export type SaleResult = {
  externalId: string | null;
  version: number | null;
  status: 'created' | 'updated' | 'duplicate' | 'rejected';
  transactionId?: string;
  code?: string;
  detail?: string;
};

export type NewProduct = {
  sku: string;
  name: string;
  unit?: string;
  price?: number;
  costPrice?: number;
  currency?: string;
};

export type NewAdjustment = {
  locationId: string;
  productId: string;
  type: 'in' | 'out' | 'adjustment' | 'waste' | 'count';
  quantity: number;
  countedAt?: string;
  reason?: string;
};

type Paged = { limit?: number; after?: string };
type Answer<Status extends number, Body> = { [status in Status]: { content: { 'application/json': Body } } };
type Parameters<Query, Path> = [Path] extends [never] ? { query?: Query } : { query?: Query; path: Path };
type Get<Body, Query = never, Path = never> = {
  get: { parameters: Parameters<Query, Path>; responses: Answer<200, Body> };
};
type Post<Body, Result, Path = never> = {
  parameters: Parameters<never, Path>;
  requestBody: { content: { 'application/json': Body } };
  responses: Result;
};

export type paths = {
  '/v1/me': Get<Me>;
  '/v1/demo': Get<Demo>;
  '/v1/locations': Get<Page<Location>, Paged>;
  '/v1/locations/{id}/stock': Get<Page<StockItem>, Paged, { id: string }>;
  '/v1/locations/{id}/stock/{productId}/movements': Get<Page<StockMovement>, Paged, { id: string; productId: string }>;
  '/v1/locations/{id}/transactions': Get<Page<Transaction>, Paged & { from?: string; to?: string }, { id: string }>;
  '/v1/notifications': Get<Page<Notification>, Paged>;
  '/v1/products': Get<Page<Product>, Paged> & { post: Post<NewProduct, Answer<201, Product>> };
  '/v1/pos-systems': { post: Post<POSSystemConfig, Answer<201, PosSystem>> };
  '/v1/pos-systems/{id}/transactions': {
    post: Post<{ transactions: NewSale[] }, Answer<200, { results: SaleResult[] }>, { id: string }>;
  };
  '/v1/inventory/adjustments': { post: Post<NewAdjustment, Answer<201, StockItem>> };
};
