"""Where the city of the rig lies, and how the program is called upon it."""

from __future__ import annotations

import sys

AUDITOR = (sys.executable, "-m", "auditor")
PATIENCE_S = 120.0
ASSETS = {
    "city-website/www": "A+ A+ A+",
    "photo-archive/photos": "C C C",
    "library/catalogue": "A A A",
    "library/rooms": "A A A",
    "events/calendar": "B B B",
    "events/trails": "B B B",
    "council-archive/archive": "C C C",
    "permits/permit-portal": "D D D",
    "utility-billing/pay": "F F F",
    "utility-billing/outages": "F F F",
    "payroll/payroll-db": "D D A",
    "clinic/intake": "A A A",
    "clinic/clinic-db": "A A A",
    "clinic/clinic-uploads": "A A A",
    "pharmacy/pharmacy-orders": "F F F",
    "dispatch/console": "D F D",
    "dispatch/dispatch-db": "NG F NG",
    "evidence/evidence-desk": "A A A",
    "evidence/evidence-nas": "D D D",
    "evidence/evidence-media": "F F F",
    "court-exchange/court-exchange-files": "D F D",
    "parking/parking-site": "F F F",
    "recreation/pools": "C C C",
    "recreation/camps": "A A A",
    "licences/dogs": "F F F",
    "licences/fishing": "F F F",
    "print-room/scanner": "F F F",
    "mail/mailboxes": "D D D",
    "storage/cloud-account": "C C C",
    "storage/backups": "C C C",
    "storage/open-data": "A A A",
}
