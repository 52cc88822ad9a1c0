"""How the platform is started: on one machine (`local`) and on a cluster (`k8s`)."""
