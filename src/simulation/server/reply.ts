/**
 * What a route says, before it goes on the wire, and errors in the shape of OpenAI's.
 */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once the whole of it is handed to the connection. */
  readonly onDelivered?: () => void;
}

export function jsonReply(value: unknown, status = 200): Reply {
  return { status, body: JSON.stringify(value) };
}

export interface ApiError {
  readonly message: string;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

export function errorBody(error: ApiError): { error: Required<ApiError> } {
  const { message, type = 'invalid_request_error', param = null, code = null } = error;
  return { error: { message, type, param, code } };
}

export function errorReply(
  status: number,
  error: ApiError,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { ...jsonReply(errorBody(error), status), headers };
}
