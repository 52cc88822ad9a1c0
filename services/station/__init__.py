"""Station command: alarms, the case from report to closing, requests to squads, evaluation."""
