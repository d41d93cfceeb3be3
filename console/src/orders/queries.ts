/** Work orders as the API has them, and the steps that people take. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import { ASK_AGAIN_MS } from "../live/freshness";
import type { Sent, Step, StepRequest, WorkOrder } from "../api/types";

export const ORDERS = ["orders"] as const;
export const OPEN_ORDERS = [...ORDERS, "open"] as const;
const LONGEST_PAGE = 500;
const ENDED_PAGE = 100;

/** All work orders in reach that are not ended. */
export function useOpenOrders() {
  return useQuery({
    queryKey: OPEN_ORDERS,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ signal }): Promise<WorkOrder[]> =>
      every<WorkOrder>((cursor) =>
        taken(
          api.GET("/api/v1/work-orders", {
            params: { query: { ended: false, limit: LONGEST_PAGE, cursor } },
            signal,
          }),
        ),
      ),
  });
}

/** Ended work orders, newest first, a page at a time. */
export function useEndedOrders(enabled: boolean) {
  return useInfiniteQuery({
    queryKey: [...ORDERS, "ended"],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      taken(
        api.GET("/api/v1/work-orders", {
          params: { query: { ended: true, limit: ENDED_PAGE, cursor } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

export function useOrder(id: string) {
  return useQuery({
    queryKey: [...ORDERS, "one", id],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ signal }) =>
      taken(api.GET("/api/v1/work-orders/{order_id}", { params: { path: { order_id: id } }, signal })),
  });
}

function useReload(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ORDERS });
}

export interface StepTaken {
  step: Step;
  details: StepRequest;
}

export function useTakeStep(id: string) {
  const reload = useReload();
  return useMutation({
    mutationFn: ({ step, details }: StepTaken) =>
      taken(
        api.POST("/api/v1/work-orders/{order_id}/{step}", {
          params: { path: { order_id: id, step } },
          body: details,
        }),
      ),
    onSettled: reload,
  });
}

export function useNote(id: string) {
  return useMutation({
    mutationFn: (body: { note: string; plan: boolean }) =>
      taken(
        api.POST("/api/v1/work-orders/{order_id}/note", {
          params: { path: { order_id: id } },
          body,
        }),
      ),
    onSettled: useReload(),
  });
}

export function usePromise(id: string) {
  return useMutation({
    mutationFn: (body: { until: string; told_whom: string }) =>
      taken(api.POST("/api/v1/work-orders/{order_id}/promise", { params: { path: { order_id: id } }, body })),
    onSettled: useReload(),
  });
}

/** Send something to one of an order's own paths, and ask for orders again whatever came of it. */
function useAct<T>(send: (body: T) => Promise<unknown>) {
  return useMutation({ mutationFn: send, onSettled: useReload() });
}

const at = (id: string) => ({ params: { path: { order_id: id } } });

export function useStamp(id: string) {
  return useAct((body: Sent<"StampRequest">) =>
    taken(api.POST("/api/v1/work-orders/{order_id}/stamp", { ...at(id), body })),
  );
}

export function useAffected(id: string) {
  return useAct((body: Sent<"AffectedRequest">) =>
    taken(api.POST("/api/v1/work-orders/{order_id}/affected", { ...at(id), body })),
  );
}

export function useCost(id: string) {
  return useAct((body: Sent<"CostRequest">) =>
    taken(api.POST("/api/v1/work-orders/{order_id}/cost", { ...at(id), body })),
  );
}

export function useSign(id: string) {
  return useAct((body: Sent<"SignRequest">) =>
    taken(api.POST("/api/v1/work-orders/{order_id}/signature", { ...at(id), body })),
  );
}

export function useEditNotice(id: string) {
  return useAct((body: Sent<"EditNoticeRequest">) =>
    taken(api.PUT("/api/v1/work-orders/{order_id}/residents-notice", { ...at(id), body })),
  );
}

export function usePublishNotice(id: string) {
  return useAct((body: Sent<"PublishNoticeRequest">) =>
    taken(api.POST("/api/v1/work-orders/{order_id}/residents-notice/published", { ...at(id), body })),
  );
}

/** The forms by which jobs are opened. */
export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    queryFn: async ({ signal }) => (await taken(api.GET("/api/v1/templates", { signal }))).items,
  });
}

export function useOpenOrder() {
  return useMutation({
    mutationFn: (body: Sent<"OpenOrderRequest">) => taken(api.POST("/api/v1/work-orders", { body })),
    onSettled: useReload(),
  });
}

/** The file's bytes are the body: nothing is read into memory here. */
export function useAttach(id: string) {
  return useAct((file: File) =>
    taken(
      api.POST("/api/v1/work-orders/{order_id}/attachments", {
        params: { path: { order_id: id }, query: { name: file.name } },
        body: file as unknown as string,
        bodySerializer: (body) => body as unknown as File,
        headers: { "Content-Type": "application/octet-stream" },
      }),
    ),
  );
}

/** The number by which people call an order; its id while that is not known. */
export function useOrderNumber(): (id: string) => string {
  const { data: orders = [] } = useOpenOrders();
  return (id) => orders.find((order) => order.id === id)?.number ?? id;
}
