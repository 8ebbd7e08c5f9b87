"""What browsers are shown. Everything here asks the service, with the rights of whoever looks."""
