"""Operations squad: the joint arrest, from plan to hand-over."""
