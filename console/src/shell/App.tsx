/** The application: theme and words around, the door or the pages inside. */
import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntdApp, ConfigProvider } from "antd";
import { lazy, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { AlarmsPage } from "../alarms/AlarmsPage";
import { useAntdLocale } from "../i18n/i18n";
import { LiveProvider } from "../live/LiveProvider";
import { Empty, Failed, Loading } from "../parts/states";
import { SignIn } from "../session/SignIn";
import { useSession } from "../session/session";
import { antdTheme } from "../theme/antd";
import { useShade } from "../theme/theme";
import { makeQueries } from "./queryClient";
import { Shell } from "./Shell";

const OrdersPage = lazy(async () => ({ default: (await import("../orders/OrdersPage")).OrdersPage }));
const OrderPage = lazy(async () => ({ default: (await import("../orders/OrderPage")).OrderPage }));
const RoundsPage = lazy(async () => ({ default: (await import("../rounds/RoundsPage")).RoundsPage }));
const DutiesPage = lazy(async () => ({ default: (await import("../duties/DutiesPage")).DutiesPage }));
const DevicesPage = lazy(async () => ({ default: (await import("../devices/DevicesPage")).DevicesPage }));
const DevicePage = lazy(async () => ({ default: (await import("../devices/DevicePage")).DevicePage }));
const RulesPage = lazy(async () => ({ default: (await import("../rules/RulesPage")).RulesPage }));
const HiddenPage = lazy(async () => ({ default: (await import("../standing/HiddenPage")).HiddenPage }));
const MaintenancePage = lazy(async () => ({
  default: (await import("../maintenance/MaintenancePage")).MaintenancePage,
}));
const NoticesPage = lazy(async () => ({ default: (await import("../notices/NoticesPage")).NoticesPage }));
const JournalPage = lazy(async () => ({ default: (await import("../journal/JournalPage")).JournalPage }));
const ReportsPage = lazy(async () => ({ default: (await import("../reports/ReportsPage")).ReportsPage }));
const BadActorsPage = lazy(async () => ({
  default: (await import("../reports/BadActorsPage")).BadActorsPage,
}));
const AccountsPage = lazy(async () => ({ default: (await import("../accounts/AccountsPage")).AccountsPage }));
const SystemPage = lazy(async () => ({ default: (await import("../system/SystemPage")).SystemPage }));
const QuarantinePage = lazy(async () => ({
  default: (await import("../quarantine/QuarantinePage")).QuarantinePage,
}));

const queries = makeQueries();

function Nowhere() {
  const { t } = useTranslation();
  return <Empty title={t("state.nowhere")} />;
}

/** An error that a page did not expect: the rest of the console, with its life-safety band, stays. */
function Broken() {
  const { t } = useTranslation();
  return <Empty title={t("state.broken")}>{t("state.broken_means")}</Empty>;
}

const router = createBrowserRouter([
  {
    path: "/",
    element: <Shell />,
    children: [
      {
        errorElement: <Broken />,
        children: [
          { index: true, element: <Navigate to="/alarms" replace /> },
          { path: "alarms/:alarmId?", element: <AlarmsPage /> },
          { path: "orders", element: <OrdersPage /> },
          { path: "orders/:orderId", element: <OrderPage /> },
          { path: "rounds", element: <RoundsPage /> },
          { path: "duties", element: <DutiesPage /> },
          { path: "devices", element: <DevicesPage /> },
          { path: "devices/:site/:deviceId", element: <DevicePage /> },
          { path: "rules", element: <RulesPage /> },
          { path: "quarantine", element: <QuarantinePage /> },
          { path: "hidden/:standing?/:alarmId?", element: <HiddenPage /> },
          { path: "maintenance", element: <MaintenancePage /> },
          { path: "notices", element: <NoticesPage /> },
          { path: "journal", element: <JournalPage /> },
          { path: "reports", element: <ReportsPage /> },
          { path: "reports/bad-actors", element: <BadActorsPage /> },
          { path: "accounts", element: <AccountsPage /> },
          { path: "system", element: <SystemPage /> },
          { path: "*", element: <Nowhere /> },
        ],
      },
    ],
  },
]);

/** Nothing of the property is asked for, let alone shown, before somebody is signed in. */
function Door({ children }: { children: ReactNode }) {
  const { data: session, error, isPending, refetch } = useSession();
  if (isPending) return <Loading />;
  if (session === undefined) return <Failed error={error} retry={() => void refetch()} />;
  return session === null ? <SignIn /> : <LiveProvider>{children}</LiveProvider>;
}

export function App() {
  const shade = useShade();
  const locale = useAntdLocale();
  return (
    <ConfigProvider theme={antdTheme(shade)} locale={locale} button={{ autoInsertSpace: false }}>
      <AntdApp component={false}>
        <QueryClientProvider client={queries}>
          <Door>
            <RouterProvider router={router} />
          </Door>
        </QueryClientProvider>
      </AntdApp>
    </ConfigProvider>
  );
}
