"""Takes the rules away from a VPC's default security group, which CloudFormation alone cannot (EC2.2)."""
